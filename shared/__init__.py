"""Ground floor: models, configuration, errors and the few utilities every room shares."""
