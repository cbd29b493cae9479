"""Record kinds for classes that have none yet, run by themselves: nothing else sees them."""
