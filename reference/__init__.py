"""The embedded default target: a small Divine Heroes backend, and a stand-in for RevenueCat beside it."""
