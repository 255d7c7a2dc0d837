"""The directory of system vendors: those who serve many institutions say once who they are and from where."""
