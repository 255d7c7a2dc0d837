"""What supervisors and the ministry look at: where cases stand, how long they take, where counties differ."""
