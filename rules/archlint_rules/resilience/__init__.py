"""What happens when a dependency is slow, gone or overloaded."""
