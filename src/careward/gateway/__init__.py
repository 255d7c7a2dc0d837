"""The SFTP gateway: who may connect, what they see, when an upload is a delivery (design.md §2, §3)."""
