"""How models are made: data sets, networks, fitting, judging.  Keras lives here, in a process of its own.

networks     the backbones, built in Keras and filled with the ImageNet weights
convert      a Keras backbone -> a LiteRT file, checked against the original
embed        photographs -> stored embeddings, through the very files that ship
heads        linear softmax heads, their ImageNet prior, calibration
ship         the one command that makes the bundles in models/
"""
