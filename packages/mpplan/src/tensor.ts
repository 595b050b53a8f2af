// The tensor of the public library, in the shape of onnxruntime-common's.
import {
  inStorage,
  sizeOf,
  tensor,
  type ElementType,
  type Tensor as IrTensor,
  type TensorData,
} from "@mpplan/ir";

/**
 * A typed, dense, row-major tensor.
 *
 * @example
 * const x = new Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 2]);
 */
export class Tensor {
  readonly size: number;

  /** @throws IrError `tensor-size` where dims and data disagree. */
  constructor(
    readonly type: ElementType,
    readonly data: TensorData,
    readonly dims: readonly number[] = [data.length],
  ) {
    tensor(type, dims, data);
    this.size = sizeOf(dims);
  }

  static fromIr(t: IrTensor): Tensor {
    // Inside, floats are held in binary64; a float32 result is one of binary32 numbers.
    return new Tensor(t.elem, inStorage(t).data, t.dims);
  }

  toIr(): IrTensor {
    return tensor(this.type, this.dims, this.data);
  }
}
