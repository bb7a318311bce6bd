-- Which key asked for a run, by its public id; NULL where there was none, and of runs that were begun before.

ALTER TABLE runs ADD COLUMN caller TEXT;
