-- Nothing: here the words of a passage have had one for their store from the beginning.

SELECT 1;
