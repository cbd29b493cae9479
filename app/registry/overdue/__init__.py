"""What nobody did in time: told to who must do it and to who leads, without content."""
