"""What TestEnhancer finds and writes: code that no test runs, tests that prove nothing, new tests."""
