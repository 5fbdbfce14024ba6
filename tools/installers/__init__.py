"""What people download: archives and installers of the finished programs, for each system."""
