"""What turns windows into verdicts: pure, small, replayable; knows no database and no clock."""
