.PHONY: up check

up:
	./unamentis up

# Format, lint, types, layers and every test.
check:
	./unamentis check
