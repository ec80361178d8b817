"""Energy by a meter at the board's supply, cut into windows by a marker. Never an emulator's figures."""
