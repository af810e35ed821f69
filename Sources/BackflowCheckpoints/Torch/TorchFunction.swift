/// What a class or function that a pickle names means to this reader. Nothing else of PyTorch,
/// NumPy or Python is known, and nothing is called.
enum TorchFunction {
  // MARK: Tensors
  /// (storage, offset, shape, strides), which other arguments may follow.
  case tensor
  /// The same with the gradient, hooks and flags.
  case tensorVersion2
  /// The same with the element type after the hooks, of an untyped storage.
  case tensorVersion3
  /// The tensor is the first argument.
  case sameTensor
  /// (function, class, arguments, state): the tensor is what the function makes of the arguments.
  case tensorOfClass
  /// A tensor whose values are not read, for the reason that completes "an entry that is …".
  case unsupported(String)

  // MARK: Arrays
  case array
  case arrayOfBuffer
  case arrayScalar

  // MARK: Containers
  /// (dictionary or list of pairs), or entries that are stored one by one.
  case dictionary
  /// (function, dictionary).
  case defaultDictionary
  /// (list), or elements that are appended one by one.
  case list
  /// (value, type): the value.
  case tagged
  case set

  /// - Parameter global: The module and the name, with a space between them.
  init?(_ global: String) {
    guard let function = TorchFunction.table[global] else { return nil }
    self = function
  }

  /// The index of the first argument that does not matter to the values of a tensor.
  var firstOtherArgument: Int {
    switch self {
    case .sameTensor: 1
    case .tensorOfClass: 3
    case .tensor, .tensorVersion2, .tensorVersion3: 4
    default: .max
    }
  }

  /// Whether the result is a tensor or an array.
  var makesTensor: Bool {
    switch self {
    case .dictionary, .defaultDictionary, .list, .set, .tagged: false
    default: true
    }
  }

  private static let table: [String: TorchFunction] = {
    var table = known
    for (name, reason) in refusedTensors { table[name] = .unsupported(reason) }
    for module in ["numpy.core", "numpy._core"] {
      table[module + ".multiarray _reconstruct"] = .array
      table[module + ".multiarray scalar"] = .arrayScalar
      table[module + ".numeric _frombuffer"] = .arrayOfBuffer
    }
    for module in ["builtins", "__builtin__"] {
      table[module + " dict"] = .dictionary
      table[module + " list"] = .list
      table[module + " tuple"] = .list
      table[module + " set"] = .set
      table[module + " frozenset"] = .set
    }
    return table
  }()

  private static let known: [String: TorchFunction] = [
    "torch._utils _rebuild_tensor": .tensor,
    "torch._utils _rebuild_tensor_v2": .tensorVersion2,
    "torch._utils _rebuild_tensor_v3": .tensorVersion3,
    "torch._utils _rebuild_parameter": .sameTensor,
    "torch._utils _rebuild_parameter_with_state": .sameTensor,
    "torch._utils _rebuild_device_tensor_from_numpy": .sameTensor,
    "torch._utils _rebuild_device_tensor_from_cpu_tensor": .sameTensor,
    "torch._utils _rebuild_xla_tensor": .sameTensor,
    // Until version 0.3.
    "torch.nn.parameter Parameter": .sameTensor,
    "torch.autograd.variable Variable": .sameTensor,
    "torch._tensor _rebuild_from_type_v2": .tensorOfClass,
    "torch.tensor _rebuild_from_type_v2": .tensorOfClass,
    "torch._tensor _rebuild_from_type": .tensorOfClass,
    "torch.tensor _rebuild_from_type": .tensorOfClass,
    "collections OrderedDict": .dictionary,
    "collections Counter": .dictionary,
    "collections defaultdict": .defaultDictionary,
    "collections deque": .list,
    "torch.jit._pickle restore_type_tag": .tagged,
    "torch.jit._pickle build_tensorlist": .list,
    "torch.jit._pickle build_intlist": .list,
    "torch.jit._pickle build_doublelist": .list,
    "torch.jit._pickle build_boollist": .list,
  ]

  private static let refusedTensors = [
    "torch._utils _rebuild_qtensor": "a quantized tensor",
    "torch._utils _rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils _rebuild_sparse_csr_tensor": "a sparse tensor",
    "torch._utils _rebuild_nested_tensor": "a nested tensor",
    "torch.nested._internal.nested_tensor _rebuild_njt": "a nested tensor",
    "torch._utils _rebuild_meta_tensor_no_storage":
      "a tensor on the device meta, without values",
    "torch._utils _rebuild_wrapper_subclass": "a tensor of another class, without values",
    "torch.distributed.tensor DTensor": "a part of a distributed tensor",
    "torch.distributed._tensor.api DTensor": "a part of a distributed tensor",
    "torch.distributed._shard.sharded_tensor.api ShardedTensor": "a part of a distributed tensor",
  ]
}
