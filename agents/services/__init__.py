"""The only writers of the institution: accounts, second factors, links, closures, départements."""
