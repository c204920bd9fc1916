"""One cause, one incident: symptoms, parts, votes of stores, chains, what a return leaves. Rules 2, 3, 11, 13-15."""
