"""Shape and wording of what agents type: to sign in (sign_in), to run a département (admin)."""
