"""Turn-taking without I/O: events in, commands out, time counted in audio samples."""
