"""HTTP plumbing: who is asking, what they may ask for, how forms and answers look. No rule of the domain is here."""
