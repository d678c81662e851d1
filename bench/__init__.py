"""`make bench`: what the pages cost, as ratios to a bare Flask page and to hand-written SQL in the same run."""
