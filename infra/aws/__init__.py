"""AWS: templates and the packaging they build with."""
