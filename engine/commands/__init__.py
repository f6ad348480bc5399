"""The command groups behind the CLI door. Heavy packages load inside the commands, so that ``--help`` stays quick."""
