"""Measures Casework side by side with a ceiling and a peer, in one run on one machine."""
