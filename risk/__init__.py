"""The risk room: size, exposure and compliance, answered with an approval or a typed rejection."""
