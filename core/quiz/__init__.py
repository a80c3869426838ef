"""A quiz read aloud: what is asked, whether an answer counts, what is said next. No input or output, no clock."""
