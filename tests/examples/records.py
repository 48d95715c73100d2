"""Made-up records for the examples: ordinary ones, and those that a careless model stumbles over."""

from typing import Any

_HOUSE: dict[str, Any] = {
    "crim": 0.1, "zn": 0, "indus": 8.5, "chas": False, "nox": 0.5, "rm": 6.2, "age": 60, "dis": 4, "rad": 4, "tax": 300,
    "ptratio": 18, "lstat": 12,
}  # fmt: skip

RECORDS: dict[str, list[dict[str, Any]]] = {
    "cuisine": [
        {"ingredients": ingredients}
        for ingredients in (
            ["soy sauce", "sesame oil", "fresh ginger", "scallions", "rice vinegar"],
            ["basmati rice", "ghee", "garam masala", "cumin seed", "ground turmeric"],
            ["olive oil", "parmesan cheese", "spaghetti", "garlic", "Basil"],
            ["CRÈME FRAÎCHE", "shallots", "beurre", "dry white wine"],
            ["buttermilk", "grits", "collard greens", "bacon"],
            ["water"],
            ["🌶️", "辣椒", "???"],
            ["salt"] * 60,
        )
    ],
    "spam": [
        {"message": message}
        for message in (
            "Are we still on for lunch tomorrow?",
            "URGENT! You have WON a guaranteed £1000 prize. Call 09061234567 now, cost 150ppm",
            "ok",
            "Free entry in 2 a wkly comp to win FA Cup tickets. Text FA to 87121",
            "I'll call you later, in a meeting... :-)",
            "😀😀😀",
            "Дорогой друг, позвони мне",
            "win " * 400 + "cash",
        )
    ],
    "housing": [
        {**_HOUSE, **change}
        for change in (
            {},
            {"rm": 8.1},
            {"lstat": 35},
            {"chas": True},
            {"crim": 60, "nox": 0.8},
            {"tax": 700, "rad": 24},
        )
    ],
    "sentiment": [
        {"review": review}
        for review in (
            "A masterpiece. Wonderful acting, a perfect score, and the best ending I have seen in years.",
            "Awful. The worst film ever made: boring, badly acted, a complete waste of two hours.",
            "It is a film.<br /><br />People talk &amp; walk. <i>Fine</i>, I guess.",
            "<br /><br />",
            "映画はとても良かったです 🎬",
            "great " * 5000,
            "terrible " * 5000,
        )
    ],
}
