"""Spanish."""

COMMON = """
a al algo ante antes aquí así aún cada como con cual cuando de del desde donde dos el él ella ellas
ellos en entre era eran es esa ese eso esta está están estas este esto estos fue fueron ha había han
hasta hay he la las le les lo los más me mi mis mucho muy nos nosotros o os otra otro para pero por
porque pues que qué quien se sea ser si sí sido sin sobre son soy su sus también tan te tener tiene
tienen todo todos tu tus un una uno unos usted y ya yo
"""
NOT = "no ni nunca jamás nada nadie ningún ninguno ninguna sin tampoco apenas falta faltan faltaba"
NONE = "no ningún ninguno ninguna sin falta faltan faltaba"
TURNS = "pero sin embargo aunque lamentablemente desgraciadamente salvo excepto sino"
GOOD = """
bueno, buena, buen, bien, excelente, genial, estupendo, fantástico, maravilloso, perfecto,
magnífico, increíble, fabuloso, espectacular, agradable, amable, simpático, atento, educado,
cordial, acogedor, servicial, profesional, eficiente, eficaz, competente, paciente, rápido,
rápidamente, puntual, ágil, fácil, fácilmente, sencillo, claro, práctico, intuitivo, fiable,
confiable, cómodo, confortable, limpio, impecable, luminoso, amplio, espacioso, fresco, delicioso,
rico, sabroso, económico, barato, asequible, justo, satisfecho, contento, feliz, encantado, encanta,
encantó, gusta, gustó, recomiendo, recomendable, gracias, felicidades, enhorabuena, mejor, mejorado,
moderno, bonito, precioso, hermoso, impresionado, solucionado, resuelto, ayudaron, calidad, de diez,
sin quejas
"""
BAD = """
malo, mala, mal, pésimo, horrible, terrible, fatal, desastre, desastroso, lamentable, vergonzoso,
vergüenza, inaceptable, decepcionante, decepcionado, decepción, frustrante, molesto, enfadado,
desagradable, maleducado, grosero, antipático, borde, arrogante, incompetente, indiferente,
desinteresado, ignorado, lento, lenta, lentitud, tarde, retraso, retrasado, demora, roto, rota,
dañado, rayado, defectuoso, averiado, estropeado, error, errores, fallo, fallos, falla, problema,
problemas, difícil, complicado, confuso, inútil, inservible, sucio, sucia, asqueroso, viejo,
anticuado, desgastado, incómodo, estrecho, abarrotado, lleno, ruidoso, ruido, caos, caótico, frío,
tibio, insípido, incomible, caro, cara, carísimo, estafa, robo, timo, desperdicio, ridículo,
imposible, triste, lástima, queja, quejas, reclamación, equivocado, nunca más, insatisfecho,
insuficiente, mediocre, interminable, agotado, deja mucho que desear, no funciona, no funcionaba
"""
