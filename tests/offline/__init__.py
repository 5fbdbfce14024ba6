"""What watches that nothing leaves the computer, and what is watched."""
