"""Settings: `base` is shared; `dev`, `test` and `prod` say what differs. Everything secret comes from the environment."""
