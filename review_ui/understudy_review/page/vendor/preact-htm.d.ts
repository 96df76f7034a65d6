// Types of the vendored view library, as far as the page uses it.
export type Child = unknown;
export function html(strings: TemplateStringsArray, ...values: unknown[]): Child;
export function h(type: unknown, props: object | null, ...children: Child[]): Child;
export function render(tree: Child, parent: Element): void;
export function useState<T>(first: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
export function useEffect(effect: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useRef<T>(first: T): { current: T };
export function useRef<T>(first: null): { current: T | null };
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useCallback<T>(callback: T, inputs: readonly unknown[]): T;
export function useReducer<S, A>(reducer: (state: S, action: A) => S, first: S): [S, (action: A) => void];
export function createContext<T>(value: T): { Provider: unknown };
export function useContext<T>(context: unknown): T;
export class Component<P = object, S = object> {
  props: P;
  state: S;
  setState(state: Partial<S>): void;
  render(props: P, state: S): Child;
}
