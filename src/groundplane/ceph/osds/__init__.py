"""OSDs and the disks below them: what hosts have, and plans to add, replace and wipe."""
