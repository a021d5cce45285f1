"""English."""

COMMON = """
a about above first second last new old lot way ways thing things day days after again all also am
an and any are as at be because been before being between both by can come could did do does doing
down during each even ever every few for from further get go got had has have having he her here
hers him his how i i'd i'll i'm i've if in into is it it's its itself just know let made make many
me might mine more most much must my myself now of off on once one only or other our ours out over
own per put quite rather really said same say see she should since so some still such take than that
that's the their theirs them then there these they they're this those through time to too two under
until up upon us use used using very via want was we we've went were what when where which while who
whom whose why will with within would year you you'll you're you've your yours
"""
NOT = """
not no never none nobody nothing neither nor without cannot can't don't doesn't didn't won't
wouldn't couldn't isn't aren't wasn't weren't hasn't haven't hadn't hardly barely lack lacks lacking
lacked zero less
"""
NONE = "no without lack lacks lacking lacked zero missing none"
TURNS = "but however although though yet except unfortunately whereas otherwise"
GOOD = """
good, great, excellent, amazing, awesome, brilliant, fantastic, wonderful, superb, perfect,
perfectly, lovely, love, loved, nice, nicely, pleasant, pleasure, pleased, enjoy, enjoyed,
enjoyable, happy, delighted, delightful, delicious, tasty, fresh, friendly, helpful, polite, kind,
courteous, attentive, welcoming, warm welcome, professional, efficient, competent, caring, patient,
quick, quickly, fast, prompt, promptly, smooth, smoothly, easy, easily, simple, intuitive, clear,
clearly, reliable, comfortable, comfy, cosy, cozy, relaxing, relaxed, clean, spotless, immaculate,
tidy, bright, airy, spacious, roomy, generous, plenty, ample, plentiful, abundant, best, better,
improved, improvement, impressed, impressive, outstanding, exceptional, fabulous, marvellous,
splendid, terrific, beautiful, beautifully, stylish, elegant, modern, fun, charming, recommend,
recommended, thank, thanks, satisfied, satisfying, worth, bargain, favourite, favorite, solved,
fixed, second to none, nothing was too much trouble, well done, keep it up, top notch, five star,
well kept, well maintained, well stocked, well designed, well organised, saves, saved, works well,
on time, in stock, honest, pros, masterpiece, addictive, charm, wow, smile, smiling, gracious,
respectful, faultless, could not be faulted, no complaints, high quality, good quality, good value,
at no charge, pays for itself, out of the way
"""
BAD = """
bad, badly, poor, poorly, terrible, awful, horrible, horrendous, dreadful, appalling, atrocious,
abysmal, dismal, disgusting, disgraceful, disgrace, shameful, shame, shocking, shocked, worst,
worse, disappointing, disappointed, disappointment, disappoint, unhappy, dissatisfied, frustrating,
frustrated, frustration, annoying, annoyed, angry, upset, rude, unfriendly, unhelpful, impolite,
arrogant, indifferent, disinterested, uninterested, clueless, incompetent, unprofessional, sullen,
grumpy, ignored, ignorant, slow, slowly, sluggish, late, delay, delayed, broken, breaks, broke,
faulty, defective, damaged, scratched, torn, cracked, leaking, useless, worthless, unusable, fail,
failed, fails, failure, failing, error, errors, bug, bugs, buggy, crash, crashes, crashed, glitch,
freezes, lag, problem, problems, issue, issues, trouble, complicated, confusing, confused,
difficult, hard to find, hard to use, unclear, unreliable, dirty, filthy, grubby, stained, smelly,
stinks, mess, messy, unclean, shabby, tired, worn, worn out, dated, outdated, old fashioned, run
down, tatty, dark, dull, drab, boring, bland, tasteless, stale, cold food, was cold, were cold,
lukewarm, rotten, inedible, uncomfortable, cramped, crowded, overcrowded, packed, noisy, loud,
chaotic, chaos, pandemonium, nightmare, disaster, joke, ridiculous, unacceptable, unbearable,
pathetic, pitiful, miserable, depressing, rip off, overpriced, waste, wasted, scam, cheated, lied,
misleading, wrong, missing, limited, inadequate, insufficient, minimal, mediocre, lacking,
unpleasant, avoid, regret, sorry, sad, sadly, hate, hated, complaint, complain, impossible, stuck,
refused, unable, greed, greedy, nonsense, stupid, idiotic, insult, unfair, dry, sneered, sarcastic,
inefficient, lackluster, out of stock, sold out, not working, did not work, does not work, never
again, elsewhere next time, stay away, run away, not great, not special, nothing special, went to
the door, no answer, pieces, wobbles, creaks, colour came off, slows down, nobody knew
"""
