"""The checks that need no model, on a table of hand-made pairs: what the evidence must have of a sentence."""

import pytest

from qa.answering.checks import subject_objection, word_objection
from qa.answering.disagreement import differ
from qa.text.names import unknown_names
from qa.text.overlap import is_extract, overlap_features
from qa.text.quantities import unknown_numbers

HELD = [
    ("The dam cost 4.2 million crowns.", "The dam cost 4,200,000 crowns, the mayor said."),
    ("The dam cost 4,200,000 crowns.", "The price of the dam: a cost of 4.2 million crowns."),
    ("Twelve people were hurt in the fire.", "In the fire 12 people were hurt."),
    (
        "About 40 percent of the voters stayed at home.",
        "About forty per cent of the voters stayed at home; 40 percent.",
    ),
    ("The talks ended last May.", "The talks ended last May in Geneva."),
    ("J. K. Orvin wrote the report.", "The report, which J.K. Orvin wrote, was long."),
    ("The U.S. army left the base.", "The US army has left the base."),
    ("The United States army left the base.", "The U.S. army has left the base."),
    ("For the United States it was a costly loss of face.", "For the U.S. it was a costly loss of face."),
    ("The U.S. army left the base.", "The United States army has left the base."),
    ("The mayor’s brother bought the mill.", "The mill was bought by the brother of the mayor."),
    ("Some 40 percent stayed at home.", "Some 40% stayed at home."),
    ("From 10 percent to 12 percent stayed at home.", "From 10 to 12 percent stayed at home."),
    ("The dam cost $4 million.", "The dam cost 4 million dollars."),
    ("The dam took six years.", "Six long years the dam took."),
    ("The dam cost 4 million dollars.", "The dam cost 4 million U.S. dollars."),
    ("The dam cost €4 million.", "The dam cost EUR 4 million."),
    ("The talks ended in May.", "The talks took place between April and May, and ended."),
    ("The talks began on September 4.", "The talks began on Sept. 4."),
    ("The talks failed in Geneva.", "The talks in Geneva collapsed and ended."),
    ("On Sept. 11 he fled the city.", "On Sept. 11 he fled the city."),
    ("The talks began on 4 September.", "On 4 Sept the talks began."),
    ("The firm did not comment on the talks.", "The firm declined to comment on the talks."),
    ("The firm no longer owns the mill.", "The firm used to own the mill and sold it."),
    ("The skipper was found not guilty of fraud.", "The skipper was cleared of fraud."),
    ("No fewer than 40 people came.", "At least 40 people came."),
    ("It was the most rain seen in one day since 1971.", "So much rain had not been seen in one day since 1971."),
    (
        "The notice “came by e-mail. The assistant filed it,” Oriel said.",
        "“The notice came by e-mail. The assistant filed it,” Oriel said.",
    ),
    (
        "“The notice came. The assistant filed it,” Oriel said.",
        "“The notice came,” Oriel said. “The assistant filed it.”",
    ),
    ("“This … is still a hole,” said Hask.", "“This dam of ours is still a hole,” said Hask."),
    ("The '90s boom helped the workers' union.", "The boom of the '90s helped the workers' union."),
    ("The deal strained Turkish ties with NATO.", "The deal strained Turkey’s ties with NATO."),
    ("General Ascham left the base.", "Gen. Ascham left the base."),
    ("It cost between 4 and 6 million crowns.", "It cost 4 million to 6 million crowns."),
    ("Only one witness came.", "A single witness came."),
    ("The two captains met.", "Both captains met."),
    ("He lives at No. 10 Downing Street.", "The house at No. 10 Downing Street is where he lives."),
    ("The minister signed it in 2020.", "The minister did not sign it in 2019; he signed it in 2020."),
    ("The minister did not resign.", "The minister said that he would not resign."),
    ("The minister never resigned.", "The minister did not resign."),
    ("Hask said, “We could not take the risk.”", "“We could not take the risk,” said Hask."),
    ("Hask spoke of ‘a delicate dance’.", "It was “a delicate dance”, Hask said when he spoke."),
    ("Turkish officials met in Ankara.", "Officials met in Ankara. The Turkish side was silent."),
]

REFUSED = [
    ("The report was written by Dana Oriel.", "The report was written by Derek Olsen.", "name Dana"),
    ("Officials met Tom Vance in May.", "Officials met the head of state tv in May.", "name Tom"),
    ("The rate rose by 5 percent.", "The rate rose by 5 percentage points.", "number 5 %"),
    ("Some 40 voters stayed at home.", "Some 40 percent of the voters stayed at home.", "number 40"),
    ("The minister resigned.", "The minister did not resign.", "denies"),
    ("Hask said of the dam, “We took the risk.", "“We could not take the risk of the dam,” said Hask.", "quotes words"),
    ("Hask found 'deep fissures' in it.", "Hask found deep cracks in it.", "quotes words"),
    ("Hask found «deep fissures» in it.", "Hask found deep cracks in it.", "quotes words"),
    ("The dam cost 4.3 million crowns.", "The dam cost 4,200,000 crowns, the mayor said.", "number 4300000"),
    ("The dam cost 4.2 billion crowns.", "The dam cost 4.2 million crowns.", "number 4200000000"),
    ("The dam cost $4 million.", "The dam cost €4 million.", "number 4000000 $"),
    ("The dam cost $4 million.", "The dam cost 4 million crowns.", "number 4000000 $"),
    ("Some 40 percent stayed at home.", "Some 40 voters stayed at home.", "number 40 %"),
    ("The dam took six years.", "The dam took six months.", "number 6 year"),
    ("Thirteen people were hurt in the fire.", "In the fire 12 people were hurt.", "number 13"),
    ("The talks ended in 2019.", "The talks ended in 2018.", "number 2019"),
    ("The talks ended last May.", "The talks ended last June.", "date May"),
    ("J. K. Orvin wrote the report.", "The report, which P. L. Marrow wrote, was long.", "name J.K."),
    ("The report was written by Dana Oriel.", "The report was written by Dana Hask.", "name Oriel"),
    ("The minister did not resign.", "The minister resigned.", "deny"),
    ("Hask said, “We could take the risk.”", "“We could not take the risk,” said Hask.", "quotes words"),
    ("Penguins waddle along the coast.", "The dam was opened by the king in May.", "similar words"),
]


@pytest.mark.parametrize(("claim", "evidence"), HELD)
def test_what_the_evidence_has_in_another_form_is_not_objected_to(claim, evidence):
    assert word_objection(claim, "", evidence, 0.5) is None


@pytest.mark.parametrize(("claim", "evidence", "reason"), REFUSED)
def test_one_thing_wrong_is_named(claim, evidence, reason):
    objection = word_objection(claim, "", evidence, 0.5)
    assert objection is not None
    assert reason in objection


def test_what_the_question_says_need_not_be_in_the_evidence():
    evidence = "It was opened by the king in May."
    assert word_objection("The Vell dam was opened by the king.", "Who opened the Vell dam?", evidence, 0.5) is None
    assert "name Vell" in str(word_objection("The Vell dam was opened by the king.", "Who opened it?", evidence, 0.5))


@pytest.mark.parametrize(
    ("claim", "refused"),
    [
        ("Oriel closed the old bridge on Monday.", True),  # a name of another passage
        ("Tuesday’s closing of the old bridge was quick.", True),
        ("Hask’s men closed the old bridge on Monday.", False),
        ("Yesterday the old bridge was closed.", False),  # an ordinary word
    ],
)
def test_a_name_that_opens_a_sentence_is_checked(claim, refused):
    evidence = "Tam Hask and his men were quick in closing the old bridge on Monday, which they closed yesterday."
    objection = word_objection(claim, "", evidence, 0.5, names={"oriel", "hask"})
    assert (objection is not None) is refused, objection


def test_a_sentence_about_something_else_than_the_question_is_refused():
    text = "The dam cost 4 million crowns."
    assert subject_objection("The dam cost 4 million crowns.", "What did the dam cost?", text, 0.5) is None
    assert subject_objection("The dam cost 4 million crowns.", "Who won the chess tournament?", text, 0.5) is not None


def test_what_is_missing_is_counted():
    features = overlap_features("Mayor Hask paid 5 million in March.", "Mayor Oriel paid 4 million in May.")
    assert features["unknown_numbers"] == 1
    assert features["unknown_names"] == 2  # Hask, March
    assert 0 < features["coverage"] < 1


def test_a_copy_has_everything():
    claim = "Mayor Hask did not pay 5 million in March."
    features = overlap_features(claim, claim)
    assert features["coverage"] == features["bigrams"] == 1
    assert not any(features[name] for name in features if name.startswith(("unknown", "negation")))
    assert unknown_numbers(claim, claim) == unknown_names(claim, claim) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("The siren sounded at 4:52 a.m.", "The siren sounded at 4:25 a.m.", True),
        ("The siren sounded at 4:52 a.m.", "At 4:52 the first siren was heard.", False),
        ("It cost 4 million crowns.", "It cost 4.0 million crowns in 1999.", False),
        ("The firm was bought by Halden Works.", "The firm was bought by Orvin Mills.", True),
        ("The firm was bought by Halden Works.", "The firm was bought in 2014 by Orvin Mills.", False),
        ("It was closed because of cracks.", "It was closed for safety.", False),
        ("On July 4, 12 people died.", "On July 4, 9 people died.", True),
        ("It cost $4 million.", "It cost €4 million.", True),
        ("At least 1,234 people came.", "More than 1,200 people came.", False),
        ("It began at 16:52.", "It began at 4:52 p.m.", False),
        ("It began in 2019.", "It began in 2020.", True),
        ("It took 12 days.", "It took 10 days.", True),
        ("The gate failed at 4:38 a.m.", "The gate failed when 6.5 percent of it had rusted.", True),
        ("Two died and 37 were hurt.", "Some 37 were hurt, and water entered 212 homes.", False),
        ("It rose by 14.4 percent.", "It rose by 14 percent.", False),
    ],
)
def test_two_answers_differ_by_figures_or_names(first, second, expected):
    assert differ("When and by whom?", first, second) is expected


def test_names_differ_only_where_a_name_is_asked_for():
    first, second = "It was closed because of cracks, said Hask.", "Because of cracks it was closed, said Oriel."
    assert not differ("Why was the bridge closed?", first, second)
    assert differ("Who said that the bridge was closed because of cracks?", first, second)


@pytest.mark.parametrize(
    ("claim", "extract"),
    [
        ("The dam cost 4 million crowns.", True),
        ("The dam that the town built cost 4 million.", True),
        ("The town cost the dam 4 million crowns.", False),  # in another order
        ("The dam cost 5 million crowns.", False),
    ],
)
def test_an_extract_only_leaves_words_out(claim, extract):
    assert is_extract(claim, "The dam that the town built in May cost 4 million crowns.") is extract
