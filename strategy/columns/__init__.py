"""strategy/columns room: what every close of a history decides, as columns of numbers; objects are made elsewhere, for what passes."""
