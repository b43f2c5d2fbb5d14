-- What residents say of answers: counts by day, without who said it.
CREATE TABLE feedback (
    entry TEXT NOT NULL,
    lang TEXT NOT NULL,
    day TEXT NOT NULL,
    up BIGINT NOT NULL,
    down BIGINT NOT NULL,
    PRIMARY KEY (entry, lang, day)
);
