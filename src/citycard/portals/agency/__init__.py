"""The agencies' door: deciding applications, running activities, reading figures, keeping
readers."""
