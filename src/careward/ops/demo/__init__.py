"""The demo season: invented institutions and people, a clock that can be moved, a mailbox that shows every letter."""
