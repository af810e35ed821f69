import Backflow
