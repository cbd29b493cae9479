"""Information-sharing agreements: what a partner may be shown, why, and until when."""
