import Backflow

let lossRows: [GradientCheckRow] = []
