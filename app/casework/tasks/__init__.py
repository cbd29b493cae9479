"""Tasks on a case: for a person or a discipline, with a day by which they are due."""
