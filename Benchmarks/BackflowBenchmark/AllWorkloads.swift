/// Every workload there is. To add one, add its row; to add a kind, add its file to Workloads.
var allWorkloads: [Workload] {
  [64, 128, 256, 512, 1024, 2048].map { matmul(n: $0) }
    + multilayerPerceptron(batch: 128, input: 784, hidden: 512)
    + multilayerPerceptron(batch: 32, input: 784, hidden: 128)
    + multilayerPerceptron(batch: 1, input: 64, hidden: 64)
    + recurrent(batch: 32, time: 64, input: 64, hidden: 128)
    + recurrent(batch: 64, time: 128, input: 256, hidden: 512)
    + recurrent(batch: 1, time: 100, input: 32, hidden: 64)
    + [64, 128, 256, 512, 1024].map { eigenvalueProblem(n: $0) }
}
