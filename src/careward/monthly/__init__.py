"""Month by month: which institution has delivered which dataset, who must be reminded, what 指標 3.1 would say."""
