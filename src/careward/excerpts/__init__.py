"""What an institution shows its software vendor of a receipt: the findings of one check, without names or numbers."""
