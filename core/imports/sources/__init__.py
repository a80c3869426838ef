"""Where courses come from: one file for each source, all behind one port."""
