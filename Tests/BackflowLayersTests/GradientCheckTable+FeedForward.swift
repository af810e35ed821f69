import Backflow

let feedForwardRows: [GradientCheckRow] = []
