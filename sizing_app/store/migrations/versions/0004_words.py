"""PostgreSQL: seeds above 2^31 - 1, and the words of each session's reasoning in one row with an index.

It is what the word index of SQLite has been since 0002: one document a session, words of letters, digits and _. They
are split here and not by to_tsvector, which takes w_pcas for two words and gm/id for a path. One statement that stores
many turns, as an import does, updates each session once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_words"
down_revision = "0003_groups"

LETTERS = 500
"""Of a word that are kept: PostgreSQL takes at most 2046 bytes."""

ADD_WORDS = f"""INSERT INTO session_words(session_id, words)
    SELECT session_id, array_to_tsvector(array_agg(DISTINCT left(word, {LETTERS})))
    FROM {{turns}}, regexp_split_to_table(lower(reasoning), '\\W+') AS word WHERE word != '' GROUP BY session_id
    ON CONFLICT (session_id) DO UPDATE SET words = session_words.words || excluded.words"""

WORD_INDEX = (
    "CREATE TABLE session_words (session_id VARCHAR(16) PRIMARY KEY REFERENCES sessions(id) ON DELETE CASCADE, "
    "words tsvector NOT NULL)",
    ADD_WORDS.format(turns="turns"),
    "CREATE INDEX session_words_by_word ON session_words USING gin(words)",
    # a session whose words are too many for an index (1 MB) is stored all the same
    f"""CREATE FUNCTION add_session_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        {ADD_WORDS.format(turns="added")};
        RETURN NULL;
    EXCEPTION WHEN program_limit_exceeded THEN RETURN NULL;
    END $$""",
    "CREATE TRIGGER turns_inserted AFTER INSERT ON turns REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION add_session_words()",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("sessions", "seed", type_=sa.BigInteger)
        for statement in WORD_INDEX:
            op.execute(statement)
