"""Spanish."""

WORDS = {
    "waiting": """
        -cola, -colas, -fila, -espera, -esperar, -esperando, -esperé, -esperamos, caja, cajas,
        -tiempo de espera, -tardan mucho
    """,
    "staff": """
        personal, empleado*, dependiente*, vendedor*, camarero*, camarera*, atención, trato,
        servicio, equipo, recepción, recepcionista, encargado*, amable, amables
    """,
    "support": """
        soporte, asistencia, servicio al cliente, atención al cliente, línea de ayuda, ticket,
        tickets, respuesta, responden, -no contestan, devolvieron la llamada, chat
    """,
    "price": """
        precio*, coste*, costo*, -caro, -cara, -caros, +barato, +económico, +asequible, dinero,
        tarifa*, cobran, calidad precio, descuento*, oferta*, -estafa
    """,
    "quality": """
        calidad, material*, acabado*, -roto, -rompió, -se rompe, resistente, duradero, -desteñido,
        costura*, robusto, -endeble
    """,
    "delivery": """
        entrega*, entregado, envío*, enviado, paquete*, mensajero, repartidor*, transporte, reparto,
        -llegó tarde, -no llegó, -nunca llegó, seguimiento del
    """,
    "packaging": """
        embalaje*, empaque*, empaquetado, caja del, cartón, -llegó roto, plástico, envoltorio*
    """,
    "returns": """
        devolución*, devolver, devuelto, reembolso*, reembolsar, cambio del producto, garantía,
        reemplazo
    """,
    "range": """
        surtido, variedad de productos, gama, -agotado, -sin existencias, +en existencias,
        productos, artículos, marcas, tallas, colores, colección
    """,
    "billing": """
        factura*, facturación, cobro*, cobrado, cobraron, pago*, pagar con, tarjeta, recibo*,
        suscripción
    """,
    "app": """
        aplicación, app, página, página web, web, sitio, sitio web, tienda online, contraseña,
        cuenta, móvil
    """,
    "ease": """
        fácil de usar, facilidad, usabilidad, +intuitivo, +intuitiva, -complicado, -complicada,
        interfaz, navegación, manejo
    """,
    "setup": """
        instalación, instalar, configuración, configurar, puesta en marcha, formación, capacitación,
        implantación, migración
    """,
    "reliability": """
        -error*, -fallo*, -falla*, -se cuelga, -se cierra, -caída*, -avería*, estable, estabilidad,
        fiable, fiabilidad, -no funciona
    """,
    "speed": """
        -lento, -lenta, -lentitud, velocidad, carga de, tarda en cargar, rendimiento, fluidez
    """,
    "automation": """
        automatiza*, automático*, flujo de trabajo, integración*, integraciones, recordatorios
    """,
    "reports": """
        informe*, reporte*, estadística*, panel, exportar, exportación, indicador*, cifras
    """,
    "food": """
        comida*, desayuno*, almuerzo*, cena*, bufé, buffet, plato*, menú, cocina, ensalada*, sopa*,
        pan, queso*, postre*, fruta*, bocadillo*, tapas, comer, restaurante, chef, delicioso,
        deliciosa, vegetariano
    """,
    "drinks": """
        bebida*, vino*, cerveza*, champán, cava, cóctel*, café*, té, zumo*, jugo*, agua, bar,
        alcohol, refresco*
    """,
    "cleanliness": """
        limpio, limpia, limpios, limpieza, -sucio, -sucia, -suciedad, higiene, -polvo, -manchas,
        basura, -mugre, olor, -huele mal
    """,
    "comfort": """
        asiento*, sillón*, sillones, sofá*, silla*, cómodo*, cómoda*, incómodo*, comodidad, cama*,
        colchón*, almohada*, mueble*, confort
    """,
    "space": """
        espacio, +amplio, +amplia, +espacioso, -pequeño, -pequeña, -estrecho, tamaño, grande, sitio
        suficiente
    """,
    "crowding": """
        -lleno, -llena, -abarrotado, -gente, -masificado, -aglomeración*, -multitud*, +vacío, +vacía
    """,
    "noise": """
        -ruido*, -ruidoso, +tranquilo, +tranquila, +silencio, música, -gritos, volumen
    """,
    "internet": """
        wifi, wi-fi, internet, conexión, red, ordenador*, computadora*, impresora*, enchufe*
    """,
    "washrooms": """
        baño*, aseo*, lavabo*, ducha*, servicios higiénicos, wc, inodoro*
    """,
    "location": """
        ubicación, ubicado, situado, aparcamiento, aparcar, estacionamiento, cerca, -lejos,
        céntrico, +fácil de encontrar, -difícil de encontrar, acceso
    """,
    "opening": """
        horario*, abierto, cerrado, cierran, abren, domingo*, apertura
    """,
    "information": """
        información, informado, informaron, comunicación, -nadie avisó, aviso, avisaron,
        explicación*, explicaron, transparencia, notificación*
    """,
}
