def rank_matches(query, names, limit=5):
    words = query.lower().split()
    scored = []
    for position, name in enumerate(names):
        lowered = name.lower()
        score = 0
        for word in words:
            if word not in lowered:
                score = 0
                break
            score += 3 if lowered.startswith(word) else 1
        if score > 0:
            scored.append((-score, position, name))
    scored.sort()
    return [name for _, _, name in scored[:limit]]
