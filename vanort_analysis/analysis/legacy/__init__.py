"""The engines that go when texts and checks come: they read the tables spread into columns."""
