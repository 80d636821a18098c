"""戶役政, the household register: behind ``people.ports.HouseholdRegister``."""
